// Round-robin arbiter: the owner keeps the grant while it requests, then the search starts behind it.
module rr_arbiter_4 (
    input  wire       clk,
    input  wire       rst,
    input  wire [3:0] req,
    output reg  [3:0] gnt,
    output reg  [1:0] last,
    output wire       busy
);
    wire [1:0] p1 = last + 2'd1;
    wire [1:0] p2 = last + 2'd2;
    wire [1:0] p3 = last + 2'd3;

    wire       keep   = |(gnt & req);
    wire [1:0] winner = req[p1] ? p1 :
                        req[p2] ? p2 :
                        req[p3] ? p3 : last;

    always @(posedge clk) begin
        if (rst) begin
            gnt  <= 4'b0000;
            last <= 2'd3;
        end else if (!keep) begin
            if (req != 4'b0000) begin
                gnt  <= 4'b0001 << winner;
                last <= winner;
            end else begin
                gnt <= 4'b0000;
            end
        end
    end

    assign busy = |gnt;
endmodule
