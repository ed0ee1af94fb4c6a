// Saturating event counter, clear on read.
module event_counter_sat (
    input  wire       clk,
    input  wire       rst,
    input  wire [2:0] event_in,
    input  wire [2:0] mask,
    input  wire       rd,
    output reg  [3:0] count,
    output reg        sat,
    output reg  [4:0] rdata,
    output reg        rvalid
);
    wire [2:0] hits = event_in & mask;
    wire [1:0] n    = {1'b0, hits[0]} + {1'b0, hits[1]} + {1'b0, hits[2]};
    wire [4:0] sum  = {1'b0, count} + {3'd0, n};

    always @(posedge clk) begin
        if (rst) begin
            count  <= 4'd0;
            sat    <= 1'b0;
            rdata  <= 5'd0;
            rvalid <= 1'b0;
        end else if (rd) begin
            count  <= {2'd0, n};
            sat    <= 1'b0;
            rdata  <= {sat, count};
            rvalid <= 1'b1;
        end else begin
            count  <= sum[4] ? 4'd15 : sum[3:0];
            sat    <= sat | sum[4];
            rvalid <= 1'b0;
        end
    end
endmodule
