// Two-digit BCD adder; illegal digits count as 9.
module bcd_adder_2digit (
    input  wire [7:0] a,
    input  wire [7:0] b,
    input  wire       cin,
    output wire [7:0] sum,
    output wire       cout,
    output wire       half,
    output wire [3:0] bad
);
    assign bad = {b[7:4] > 4'd9, b[3:0] > 4'd9, a[7:4] > 4'd9, a[3:0] > 4'd9};

    wire [3:0] a0 = bad[0] ? 4'd9 : a[3:0];
    wire [3:0] a1 = bad[1] ? 4'd9 : a[7:4];
    wire [3:0] b0 = bad[2] ? 4'd9 : b[3:0];
    wire [3:0] b1 = bad[3] ? 4'd9 : b[7:4];

    // binary sums of the digits, 0 to 19
    wire [4:0] ones = {1'b0, a0} + {1'b0, b0} + {4'd0, cin};
    wire [4:0] tens = {1'b0, a1} + {1'b0, b1} + {4'd0, half};

    assign half = (ones > 5'd9);
    assign cout = (tens > 5'd9);

    // adding 6 is subtracting 10 modulo 16
    assign sum[3:0] = half ? ones[3:0] + 4'd6 : ones[3:0];
    assign sum[7:4] = cout ? tens[3:0] + 4'd6 : tens[3:0];
endmodule
