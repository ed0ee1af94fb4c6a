// Fractional enable generator: the carry of a phase accumulator is the enable.
module clock_enable_frac (
    input  wire       clk,
    input  wire       rst,
    input  wire       wr,
    input  wire [7:0] rate_in,
    input  wire       run,
    input  wire       sync,
    output reg  [7:0] phase,
    output reg        tick,
    output reg        square
);
    reg  [7:0] rate;
    wire [8:0] sum = {1'b0, phase} + {1'b0, rate};

    always @(posedge clk) begin
        if (rst) begin
            rate   <= 8'h40;
            phase  <= 8'h00;
            tick   <= 1'b0;
            square <= 1'b0;
        end else begin
            if (wr)
                rate <= rate_in;

            if (sync) begin
                phase  <= 8'h00;
                tick   <= 1'b0;
                square <= 1'b0;
            end else if (run) begin
                phase  <= sum[7:0];
                tick   <= sum[8];
                square <= square ^ sum[8];
            end else begin
                tick <= 1'b0;
            end
        end
    end
endmodule
