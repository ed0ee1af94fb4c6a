module sipo_frame_10 (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       bit_en,
    input  wire       rx,
    output reg  [7:0] data,
    output reg        valid,
    output reg        error,
    output wire       busy
);
    reg [3:0] left;      // bits still to come, 0: waiting for a start bit
    reg [7:0] sr;

    assign busy = (left != 4'd0);

    always @(posedge clk) begin
        if (!rst_n) begin
            left  <= 4'd0;
            sr    <= 8'h00;
            data  <= 8'h00;
            valid <= 1'b0;
            error <= 1'b0;
        end else begin
            valid <= 1'b0;
            error <= 1'b0;
            if (bit_en) begin
                if (left == 4'd0) begin
                    if (!rx)
                        left <= 4'd9;
                end else begin
                    left <= left - 4'd1;
                    if (left == 4'd1) begin
                        valid <= rx;
                        error <= !rx;
                        if (rx)
                            data <= sr;
                    end else begin
                        sr <= {rx, sr[7:1]};
                    end
                end
            end
        end
    end
endmodule
