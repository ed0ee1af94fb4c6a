// Break-before-make selection of one of two clock enables, with a pause of three cycles.
module mux_clock_gate_en (
    input  wire clk,
    input  wire rst,
    input  wire sel,
    input  wire en_a,
    input  wire en_b,
    output reg  en_out,
    output reg  grant_a,
    output reg  grant_b,
    output wire dead
);
    reg [1:0] pause;

    assign dead = ~(grant_a | grant_b);

    always @(posedge clk) begin
        if (rst) begin
            en_out  <= 1'b0;
            grant_a <= 1'b0;
            grant_b <= 1'b0;
            pause   <= 2'd0;
        end else if (grant_a) begin
            grant_a <= ~sel;
            en_out  <= ~sel & en_a;
            pause   <= 2'd0;
        end else if (grant_b) begin
            grant_b <= sel;
            en_out  <= sel & en_b;
            pause   <= 2'd0;
        end else begin
            en_out <= 1'b0;
            if (pause == 2'd2) begin
                grant_a <= ~sel;
                grant_b <= sel;
            end else begin
                pause <= pause + 2'd1;
            end
        end
    end
endmodule
