// UART transmitter: start bit, 8 data bits LSB first, stop bit; 4 clocks a bit.
module uart_tx_8n1 (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       start,
    input  wire [7:0] data,
    output wire       tx,
    output reg        busy,
    output reg        done
);
    reg [9:0] frame;    // bit 0 is on the line
    reg [1:0] phase;    // clock cycle within the bit
    reg [3:0] index;    // bit within the frame

    assign tx = frame[0];

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            frame <= 10'b1111111111;
            phase <= 2'd0;
            index <= 4'd0;
            busy  <= 1'b0;
            done  <= 1'b0;
        end else begin
            done <= 1'b0;
            if (!busy) begin
                if (start) begin
                    frame <= {1'b1, data, 1'b0};
                    phase <= 2'd0;
                    index <= 4'd0;
                    busy  <= 1'b1;
                end
            end else begin
                phase <= phase + 2'd1;
                if (phase == 2'd3) begin
                    frame <= {1'b1, frame[9:1]};
                    index <= index + 4'd1;
                    if (index == 4'd9) begin
                        busy <= 1'b0;
                        done <= 1'b1;
                    end
                end
            end
        end
    end
endmodule
