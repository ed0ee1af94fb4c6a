// Leading zero counter; five halving steps find the count and shift at the same time.
module leading_zero_count_32 (
    input  wire [31:0] din,
    input  wire [4:0]  skip,
    output wire [5:0]  count,
    output wire        none,
    output wire [31:0] norm
);
    wire [31:0] w = din & (32'hFFFFFFFF >> skip);

    wire        n4, n3, n2, n1, n0;
    wire [31:0] s16, s8, s4, s2;

    assign n4   = (w[31:16]   == 16'd0);
    assign s16  = n4 ? {w[15:0], 16'd0} : w;
    assign n3   = (s16[31:24] == 8'd0);
    assign s8   = n3 ? {s16[23:0], 8'd0} : s16;
    assign n2   = (s8[31:28]  == 4'd0);
    assign s4   = n2 ? {s8[27:0], 4'd0} : s8;
    assign n1   = (s4[31:30]  == 2'd0);
    assign s2   = n1 ? {s4[29:0], 2'd0} : s4;
    assign n0   = ~s2[31];

    assign norm  = n0 ? {s2[30:0], 1'b0} : s2;
    assign none  = (w == 32'd0);
    assign count = none ? 6'd32 : {1'b0, n4, n3, n2, n1, n0};
endmodule
