// Associative memory with 4 entries, masked search, lowest matching entry wins.
module cam_4x8 (
    input  wire       clk,
    input  wire       rst,
    input  wire       wr,
    input  wire       inv,
    input  wire [1:0] addr,
    input  wire [7:0] wdata,
    input  wire       search,
    input  wire [7:0] key,
    input  wire [7:0] mask,
    output reg        hit,
    output reg        multi,
    output reg  [1:0] index,
    output reg  [3:0] valid
);
    reg [7:0] e0, e1, e2, e3;

    wire [3:0] match;
    assign match[0] = valid[0] & (((e0 ^ key) & mask) == 8'h00);
    assign match[1] = valid[1] & (((e1 ^ key) & mask) == 8'h00);
    assign match[2] = valid[2] & (((e2 ^ key) & mask) == 8'h00);
    assign match[3] = valid[3] & (((e3 ^ key) & mask) == 8'h00);

    // clearing the lowest set bit leaves something exactly if two or more are set
    wire [3:0] rest = match & (match - 4'd1);

    always @(posedge clk) begin
        if (rst) begin
            valid <= 4'b0000;
            hit   <= 1'b0;
            multi <= 1'b0;
            index <= 2'd0;
            e0    <= 8'h00;
            e1    <= 8'h00;
            e2    <= 8'h00;
            e3    <= 8'h00;
        end else begin
            if (wr) begin
                valid[addr] <= 1'b1;
                case (addr)
                    2'd0:    e0 <= wdata;
                    2'd1:    e1 <= wdata;
                    2'd2:    e2 <= wdata;
                    default: e3 <= wdata;
                endcase
            end else if (inv) begin
                valid[addr] <= 1'b0;
            end

            hit   <= search & (|match);
            multi <= search & (|rest);
            if (!search || match[0])
                index <= 2'd0;
            else if (match[1])
                index <= 2'd1;
            else if (match[2])
                index <= 2'd2;
            else if (match[3])
                index <= 2'd3;
            else
                index <= 2'd0;
        end
    end
endmodule
