// Carry-select adder made of four blocks of four bits.
module carry_select_adder_16 (
    input  wire [15:0] a,
    input  wire [15:0] b,
    input  wire        cin,
    output wire [15:0] sum,
    output wire        cout,
    output wire        overflow,
    output wire [2:0]  sel
);
    // lowest block
    wire [4:0] low = {1'b0, a[3:0]} + {1'b0, b[3:0]} + {4'd0, cin};

    // the other blocks, for a carry in of 0 and of 1
    wire [4:0] b1_0 = {1'b0, a[7:4]} + {1'b0, b[7:4]};
    wire [4:0] b1_1 = {1'b0, a[7:4]} + {1'b0, b[7:4]} + 5'd1;
    wire [4:0] b2_0 = {1'b0, a[11:8]} + {1'b0, b[11:8]};
    wire [4:0] b2_1 = {1'b0, a[11:8]} + {1'b0, b[11:8]} + 5'd1;
    wire [4:0] b3_0 = {1'b0, a[15:12]} + {1'b0, b[15:12]};
    wire [4:0] b3_1 = {1'b0, a[15:12]} + {1'b0, b[15:12]} + 5'd1;

    wire [4:0] b1 = low[4] ? b1_1 : b1_0;
    wire [4:0] b2 = b1[4] ? b2_1 : b2_0;
    wire [4:0] b3 = b2[4] ? b3_1 : b3_0;

    assign sel      = {b2[4], b1[4], low[4]};
    assign sum      = {b3[3:0], b2[3:0], b1[3:0], low[3:0]};
    assign cout     = b3[4];
    assign overflow = (a[15] == b[15]) & (sum[15] != a[15]);
endmodule
