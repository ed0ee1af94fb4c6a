module scrambler_x7x4 (
    input  wire       clk,
    input  wire       rst,
    input  wire       load,
    input  wire [6:0] seed,
    input  wire       valid_in,
    input  wire       bit_in,
    input  wire       bypass,
    output reg        valid_out,
    output reg        bit_out,
    output wire [6:0] state
);
    reg [6:0] s;
    wire key = s[6] ^ s[3];

    assign state = s;

    always @(posedge clk) begin
        if (rst) begin
            s         <= 7'h7F;
            valid_out <= 1'b0;
            bit_out   <= 1'b0;
        end else begin
            valid_out <= valid_in;
            if (valid_in)
                bit_out <= bypass ? bit_in : (bit_in ^ key);
            if (load)
                s <= seed;
            else if (valid_in)
                s <= {s[5:0], key};
        end
    end
endmodule
