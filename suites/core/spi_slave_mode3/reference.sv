// SPI slave, mode 3, four-bit words, oversampled by the system clock.
module spi_slave_mode3 (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       sclk,
    input  wire       cs_n,
    input  wire       mosi,
    input  wire [3:0] tx_data,
    output reg        miso,
    output reg  [3:0] rx_data,
    output reg        rx_valid,
    output reg  [1:0] bit_cnt,
    output reg        aborted
);
    reg       sclk_q;
    reg [3:0] tx;
    reg [2:0] rx;

    wire fall = sclk_q & ~sclk;
    wire rise = ~sclk_q & sclk;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            sclk_q   <= 1'b1;
            tx       <= 4'h0;
            rx       <= 3'd0;
            miso     <= 1'b0;
            rx_data  <= 4'h0;
            rx_valid <= 1'b0;
            bit_cnt  <= 2'd0;
            aborted  <= 1'b0;
        end else begin
            sclk_q   <= sclk;
            rx_valid <= 1'b0;
            aborted  <= 1'b0;
            if (cs_n) begin
                bit_cnt <= 2'd0;
                miso    <= 1'b0;
                tx      <= tx_data;
                aborted <= (bit_cnt != 2'd0);
            end else if (fall) begin
                miso <= tx[3];
                tx   <= {tx[2:0], 1'b0};
            end else if (rise) begin
                rx      <= {rx[1:0], mosi};
                bit_cnt <= bit_cnt + 2'd1;
                if (bit_cnt == 2'd3) begin
                    rx_data  <= {rx, mosi};
                    rx_valid <= 1'b1;
                    tx       <= tx_data;
                end
            end
        end
    end
endmodule
