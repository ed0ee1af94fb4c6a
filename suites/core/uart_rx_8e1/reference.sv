// UART receiver, even parity, samples at edge 2 of each bit of four clocks.
module uart_rx_8e1 (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,
    output reg  [7:0] data,
    output reg        valid,
    output reg        perr,
    output reg        ferr,
    output reg        busy
);
    reg [5:0] edge_no;     // number of the coming edge within the frame
    reg [8:0] bits;        // parity and data, filled from the top

    always @(posedge clk) begin
        if (rst) begin
            edge_no <= 6'd0;
            bits    <= 9'd0;
            data    <= 8'h00;
            valid   <= 1'b0;
            perr    <= 1'b0;
            ferr    <= 1'b0;
            busy    <= 1'b0;
        end else begin
            valid <= 1'b0;
            if (!busy) begin
                if (!rx) begin
                    busy    <= 1'b1;
                    edge_no <= 6'd1;
                end
            end else begin
                edge_no <= edge_no + 6'd1;
                if (edge_no == 6'd2) begin
                    if (rx)
                        busy <= 1'b0;
                end else if (edge_no == 6'd42) begin
                    busy  <= 1'b0;
                    valid <= 1'b1;
                    data  <= bits[7:0];
                    perr  <= ^bits;
                    ferr  <= ~rx;
                end else if (edge_no[1:0] == 2'd2) begin
                    bits <= {rx, bits[8:1]};
                end
            end
        end
    end
endmodule
