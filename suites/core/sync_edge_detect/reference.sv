// Two-flop synchronizer, edge pulses and a counter of edges.
module sync_edge_detect (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       din,
    input  wire       clr,
    output wire       level,
    output wire       rise,
    output wire       fall,
    output wire       any_edge,
    output reg  [2:0] events
);
    reg meta;
    reg level_q;
    reg level_old;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            meta      <= 1'b0;
            level_q   <= 1'b0;
            level_old <= 1'b0;
            events    <= 3'd0;
        end else begin
            meta      <= din;
            level_q   <= meta;
            level_old <= level_q;
            if (clr)
                events <= {2'b00, any_edge};
            else
                events <= events + {2'b00, any_edge};
        end
    end

    assign level    = level_q;
    assign rise     = level_q & ~level_old;
    assign fall     = ~level_q & level_old;
    assign any_edge = level_q ^ level_old;
endmodule
