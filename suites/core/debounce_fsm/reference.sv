// Debouncer: four differing samples in a row change the clean level.
module debounce_fsm (
    input  wire clk,
    input  wire rst_n,
    input  wire noisy,
    output reg  clean,
    output reg  rise,
    output reg  fall,
    output wire busy
);
    reg [1:0] cnt;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            cnt   <= 2'd0;
            clean <= 1'b0;
            rise  <= 1'b0;
            fall  <= 1'b0;
        end else begin
            rise <= 1'b0;
            fall <= 1'b0;
            if (noisy == clean) begin
                cnt <= 2'd0;
            end else if (cnt == 2'd3) begin
                cnt   <= 2'd0;
                clean <= noisy;
                rise  <= noisy;
                fall  <= ~noisy;
            end else begin
                cnt <= cnt + 2'd1;
            end
        end
    end

    assign busy = (cnt != 2'd0);
endmodule
