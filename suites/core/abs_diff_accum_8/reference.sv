module abs_diff_accum_8 (
    input  wire        clk,
    input  wire        rst,
    input  wire        clear,
    input  wire        valid,
    input  wire [7:0]  a,
    input  wire [7:0]  b,
    output wire [7:0]  diff,
    output wire        a_less,
    output reg  [9:0] sum,
    output reg         saturated
);
    assign a_less = a < b;
    assign diff   = a_less ? b - a : a - b;

    wire [9:0] base = clear ? 10'd0 : sum;
    wire [10:0] total = {1'b0, base} + {3'd0, diff};

    always @(posedge clk) begin
        if (rst) begin
            sum       <= 10'd0;
            saturated <= 1'b0;
        end else if (valid) begin
            sum       <= total[10] ? 10'h3FF : total[9:0];
            saturated <= total[10] | (saturated & !clear);
        end else if (clear) begin
            sum       <= 10'd0;
            saturated <= 1'b0;
        end
    end
endmodule
