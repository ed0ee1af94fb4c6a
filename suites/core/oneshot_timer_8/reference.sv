// Retriggerable one-shot timer.
module oneshot_timer_8 (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       trig,
    input  wire       retrig,
    input  wire       cancel,
    input  wire [7:0] len,
    output reg  [7:0] left,
    output wire       pulse,
    output reg        done,
    output reg        missed
);
    reg trig_before;

    wire event_now = trig & ~trig_before;

    assign pulse = (left != 8'd0);

    always @(posedge clk) begin
        done   <= 1'b0;
        missed <= 1'b0;
        if (!rst_n) begin
            trig_before <= 1'b0;
            left        <= 8'd0;
        end else begin
            trig_before <= trig;
            if (cancel) begin
                left   <= 8'd0;
                missed <= event_now;
            end else if (event_now & (retrig | ~pulse)) begin
                left <= len;
            end else if (pulse) begin
                left   <= left - 8'd1;
                done   <= (left == 8'd1);
                missed <= event_now;
            end
        end
    end
endmodule
