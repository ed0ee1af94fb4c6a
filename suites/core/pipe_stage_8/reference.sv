// One-byte pipeline stage, half throughput, with flush.
module pipe_stage_8 (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       flush,
    input  wire       in_valid,
    output wire       in_ready,
    input  wire [7:0] in_data,
    output reg        out_valid,
    input  wire       out_ready,
    output reg  [7:0] out_data,
    output reg        dropped
);
    assign in_ready = ~out_valid;

    wire offered = in_valid & ~out_valid;
    wire stuck   = out_valid & ~out_ready;

    always @(posedge clk) begin
        if (!rst_n) begin
            out_valid <= 1'b0;
            out_data  <= 8'h00;
            dropped   <= 1'b0;
        end else begin
            dropped <= flush & (offered | stuck);
            if (flush) begin
                out_valid <= 1'b0;
            end else if (offered) begin
                out_valid <= 1'b1;
                out_data  <= in_data;
            end else if (out_ready) begin
                out_valid <= 1'b0;
            end
        end
    end
endmodule
