// Credit counter with five credits and a one-byte output register.
module credit_sender (
    input  wire       clk,
    input  wire       rst,
    input  wire       in_valid,
    input  wire [7:0] in_data,
    output wire       in_ready,
    input  wire       credit_return,
    output reg        out_valid,
    output reg  [7:0] out_data,
    output reg  [2:0] credits,
    output reg        surplus
);
    localparam [2:0] MAX = 3'd5;

    assign in_ready = (credits != 3'd0);
    wire send = in_valid & in_ready;

    always @(posedge clk) begin
        if (rst) begin
            credits   <= MAX;
            out_valid <= 1'b0;
            out_data  <= 8'h00;
            surplus   <= 1'b0;
        end else begin
            out_valid <= send;
            if (send)
                out_data <= in_data;

            surplus <= 1'b0;
            if (send && !credit_return)
                credits <= credits - 3'd1;
            else if (!send && credit_return) begin
                if (credits == MAX)
                    surplus <= 1'b1;
                else
                    credits <= credits + 3'd1;
            end
        end
    end
endmodule
