// Hamming (7,4) decoder; position p of the word is code[p-1].
module hamming74_decoder (
    input  wire [6:0] code,
    input  wire       raw,
    output wire [3:0] data,
    output wire [2:0] syndrome,
    output wire       error,
    output wire       data_hit
);
    reg [3:0] flip;

    assign syndrome[0] = code[0] ^ code[2] ^ code[4] ^ code[6];
    assign syndrome[1] = code[1] ^ code[2] ^ code[5] ^ code[6];
    assign syndrome[2] = code[3] ^ code[4] ^ code[5] ^ code[6];

    always @* begin
        case (syndrome)
            3'd3:    flip = 4'b0001;
            3'd5:    flip = 4'b0010;
            3'd6:    flip = 4'b0100;
            3'd7:    flip = 4'b1000;
            default: flip = 4'b0000;
        endcase
    end

    assign error    = (syndrome != 3'd0);
    assign data_hit = (flip != 4'b0000);
    assign data     = {code[6], code[5], code[4], code[2]} ^ (raw ? 4'b0000 : flip);
endmodule
