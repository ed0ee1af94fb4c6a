// I2C monitor: start, repeated start, stop, and bits of a byte with acknowledge.
module i2c_condition_monitor (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       scl,
    input  wire       sda,
    output reg        start,
    output reg        restart,
    output reg        stop,
    output reg        busy,
    output reg  [3:0] bit_cnt,
    output reg        byte_done,
    output reg        ack
);
    reg scl_q, sda_q;

    wire high       = scl_q & scl;
    wire start_cond = high & sda_q & ~sda;
    wire stop_cond  = high & ~sda_q & sda & busy;
    wire bit_cond   = ~scl_q & scl & busy;
    wire ninth      = bit_cond & (bit_cnt == 4'd8);

    always @(posedge clk) begin
        if (!rst_n) begin
            scl_q     <= 1'b1;
            sda_q     <= 1'b1;
            start     <= 1'b0;
            restart   <= 1'b0;
            stop      <= 1'b0;
            busy      <= 1'b0;
            bit_cnt   <= 4'd0;
            byte_done <= 1'b0;
            ack       <= 1'b0;
        end else begin
            scl_q     <= scl;
            sda_q     <= sda;
            start     <= start_cond & ~busy;
            restart   <= start_cond & busy;
            stop      <= stop_cond;
            byte_done <= ninth;

            if (start_cond)
                busy <= 1'b1;
            else if (stop_cond)
                busy <= 1'b0;

            if (start_cond || stop_cond || ninth)
                bit_cnt <= 4'd0;
            else if (bit_cond)
                bit_cnt <= bit_cnt + 4'd1;

            if (ninth)
                ack <= ~sda;
        end
    end
endmodule
