// Carry-select adder, four blocks of four bits.
module carry_select_adder_16 (
    input  wire [15:0] a,
    input  wire [15:0] b,
    input  wire        cin,
    output wire [15:0] sum,
    output wire        cout,
    output wire        overflow,
    output wire [2:0]  block_c,
    output wire [2:0]  differ
);
    // block 0: five bits, the highest is the carry
    wire [4:0] r0 = {1'b0, a[3:0]} + {1'b0, b[3:0]} + {4'd0, cin};

    // blocks 1 to 3, with carry input 0 and 1
    wire [4:0] p1 = {1'b0, a[7:4]}   + {1'b0, b[7:4]};
    wire [4:0] q1 = p1 + 5'd1;
    wire [4:0] p2 = {1'b0, a[11:8]}  + {1'b0, b[11:8]};
    wire [4:0] q2 = p2 + 5'd1;
    wire [4:0] p3 = {1'b0, a[15:12]} + {1'b0, b[15:12]};
    wire [4:0] q3 = p3 + 5'd1;

    wire [4:0] r1 = r0[4] ? q1 : p1;
    wire [4:0] r2 = r1[4] ? q2 : p2;
    wire [4:0] r3 = r2[4] ? q3 : p3;

    assign sum      = {r3[3:0], r2[3:0], r1[3:0], r0[3:0]};
    assign cout     = r3[4];
    assign overflow = (a[15] == b[15]) & (sum[15] != a[15]);
    assign block_c  = {r2[4], r1[4], r0[4]};
    assign differ   = {p3[4] != q3[4], p2[4] != q2[4], p1[4] != q1[4]};
endmodule
