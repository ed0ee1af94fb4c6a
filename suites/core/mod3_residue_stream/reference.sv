module mod3_residue_stream (
    input  wire       clk,
    input  wire       rst,
    input  wire       first,
    input  wire       valid,
    input  wire [1:0] digit,
    output reg  [1:0] residue,
    output reg  [3:0] count,
    output wire       divisible
);
    wire [1:0] base  = first ? 2'd0 : residue;
    wire [2:0] total = {1'b0, base} + ((digit == 2'd3) ? 3'd0 : {1'b0, digit});
    wire [1:0] next  = (total >= 3'd3) ? total[1:0] - 2'd3 : total[1:0];

    assign divisible = (residue == 2'd0) && (count != 4'd0);

    always @(posedge clk) begin
        if (rst) begin
            residue <= 2'd0;
            count   <= 4'd0;
        end else if (valid) begin
            residue <= next;
            count   <= first ? 4'd1 : (count == 4'd9) ? 4'd0 : count + 4'd1;
        end
    end
endmodule
