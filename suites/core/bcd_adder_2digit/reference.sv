// Adder for two-digit BCD numbers; an illegal digit counts as 9.
module bcd_adder_2digit (
    input  wire [7:0] a,
    input  wire [7:0] b,
    input  wire       cin,
    output wire [7:0] s,
    output wire       half,
    output wire       cout,
    output wire [3:0] illegal
);
    assign illegal[3] = (a[7:4] > 4'd9);
    assign illegal[2] = (a[3:0] > 4'd9);
    assign illegal[1] = (b[7:4] > 4'd9);
    assign illegal[0] = (b[3:0] > 4'd9);

    wire [3:0] a1 = illegal[3] ? 4'd9 : a[7:4];
    wire [3:0] a0 = illegal[2] ? 4'd9 : a[3:0];
    wire [3:0] b1 = illegal[1] ? 4'd9 : b[7:4];
    wire [3:0] b0 = illegal[0] ? 4'd9 : b[3:0];

    wire [4:0] t0 = {1'b0, a0} + {1'b0, b0} + {4'd0, cin};
    assign half = (t0 >= 5'd10);
    assign s[3:0] = half ? t0[3:0] + 4'd6 : t0[3:0];

    wire [4:0] t1 = {1'b0, a1} + {1'b0, b1} + {4'd0, half};
    assign cout = (t1 >= 5'd10);
    assign s[7:4] = cout ? t1[3:0] + 4'd6 : t1[3:0];
endmodule
