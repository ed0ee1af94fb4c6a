// Seven-segment decoder; seg = {g, f, e, d, c, b, a}, 1 = lit.
module bcd_to_7seg (
    input  wire [3:0] bcd,
    input  wire       lamp_test,
    input  wire       blank,
    input  wire       zero_blank,
    output reg  [6:0] seg,
    output wire       zero_blank_out,
    output wire       illegal
);
    reg [6:0] shape;

    always @* begin
        case (bcd)
            4'd0:    shape = 7'b0111111;
            4'd1:    shape = 7'b0000110;
            4'd2:    shape = 7'b1011011;
            4'd3:    shape = 7'b1001111;
            4'd4:    shape = 7'b1100110;
            4'd5:    shape = 7'b1101101;
            4'd6:    shape = 7'b1111101;
            4'd7:    shape = 7'b0000111;
            4'd8:    shape = 7'b1111111;
            4'd9:    shape = 7'b1101111;
            default: shape = 7'b1000000;
        endcase
    end

    wire hide = zero_blank & (bcd == 4'd0);

    always @* begin
        if (lamp_test)          seg = 7'b1111111;
        else if (blank | hide)  seg = 7'b0000000;
        else                    seg = shape;
    end

    assign zero_blank_out = hide & ~lamp_test;
    assign illegal        = (bcd > 4'd9);
endmodule
