// Median of the last three samples.
module median3_stream (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       flush,
    input  wire       in_valid,
    input  wire [7:0] x,
    output reg        out_valid,
    output reg  [7:0] med,
    output reg  [1:0] count
);
    reg [7:0] x1, x2;

    wire [7:0] lower  = (x1 < x2) ? x1 : x2;
    wire [7:0] upper  = (x1 < x2) ? x2 : x1;
    wire [7:0] middle = (x < lower) ? lower : (x > upper) ? upper : x;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            out_valid <= 1'b0;
            med       <= 8'h00;
            count     <= 2'd0;
            x1        <= 8'h00;
            x2        <= 8'h00;
        end else begin
            out_valid <= 1'b0;
            if (in_valid) begin
                x1 <= x;
                x2 <= x1;
            end
            if (flush) begin
                count <= {1'b0, in_valid};
            end else if (in_valid) begin
                if (count[1]) begin
                    count     <= 2'd3;
                    med       <= middle;
                    out_valid <= 1'b1;
                end else begin
                    count <= count + 2'd1;
                end
            end
        end
    end
endmodule
