// Multiply-accumulate pipeline: operands, product, accumulator.
module mac_pipelined_8 (
    input  wire        clk,
    input  wire        rst,
    input  wire        stall,
    input  wire        valid,
    input  wire        clear,
    input  wire [7:0]  a,
    input  wire [7:0]  b,
    output reg  [17:0] acc,
    output reg         out_valid,
    output wire [1:0]  pending
);
    // stage 1
    reg signed [7:0]  a1, b1;
    reg               v1, c1;
    // stage 2
    reg signed [15:0] p2;
    reg               v2, c2;

    wire [17:0] addend = v2 ? {{2{p2[15]}}, p2} : 18'd0;
    wire [17:0] base   = c2 ? 18'd0 : acc;

    always @(posedge clk) begin
        if (rst) begin
            a1        <= 8'sd0;
            b1        <= 8'sd0;
            v1        <= 1'b0;
            c1        <= 1'b0;
            p2        <= 16'sd0;
            v2        <= 1'b0;
            c2        <= 1'b0;
            acc       <= 18'd0;
            out_valid <= 1'b0;
        end else if (!stall) begin
            a1        <= a;
            b1        <= b;
            v1        <= valid;
            c1        <= clear;
            p2        <= a1 * b1;
            v2        <= v1;
            c2        <= c1;
            acc       <= base + addend;
            out_valid <= v2;
        end
    end

    assign pending = {1'b0, v1} + {1'b0, v2};
endmodule
