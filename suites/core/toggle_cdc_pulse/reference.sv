// Pulse crossing by toggle, with an acknowledge that comes back through two flip-flops.
module toggle_cdc_pulse (
    input  wire       clk_a,
    input  wire       rst_a_n,
    input  wire       pulse_a,
    output wire       busy_a,
    output reg        drop_a,
    input  wire       clk_b,
    input  wire       rst_b_n,
    output wire       pulse_b,
    output reg  [3:0] count_b
);
    // side A
    reg req, ack1, ack2;
    // side B
    reg req1, req2, req3;

    assign busy_a  = req ^ ack2;
    assign pulse_b = req2 ^ req3;

    always @(posedge clk_a or negedge rst_a_n) begin
        if (!rst_a_n) begin
            req    <= 1'b0;
            ack1   <= 1'b0;
            ack2   <= 1'b0;
            drop_a <= 1'b0;
        end else begin
            ack1   <= req3;
            ack2   <= ack1;
            drop_a <= pulse_a & busy_a;
            if (pulse_a && !busy_a)
                req <= ~req;
        end
    end

    always @(posedge clk_b or negedge rst_b_n) begin
        if (!rst_b_n) begin
            req1    <= 1'b0;
            req2    <= 1'b0;
            req3    <= 1'b0;
            count_b <= 4'd0;
        end else begin
            req1 <= req;
            req2 <= req1;
            req3 <= req2;
            if (pulse_b)
                count_b <= count_b + 4'd1;
        end
    end
endmodule
