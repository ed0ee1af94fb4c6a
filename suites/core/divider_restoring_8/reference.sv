// Restoring divider, one quotient bit per cycle.
module divider_restoring_8 (
    input  wire       clk,
    input  wire       rst,
    input  wire       start,
    input  wire [7:0] dividend,
    input  wire [7:0] divisor,
    output reg        busy,
    output reg        done,
    output reg  [7:0] quotient,
    output reg  [7:0] remainder,
    output reg        div_zero
);
    reg [7:0] den;      // divisor of the running division
    reg [7:0] rem;      // partial remainder
    reg [7:0] shreg;    // dividend bits leave on the left, quotient bits enter on the right
    reg [2:0] step;

    wire [8:0] shifted = {rem, shreg[7]};
    wire [8:0] diff    = shifted - {1'b0, den};
    wire       fits    = (shifted >= {1'b0, den});
    wire [7:0] rem_n   = fits ? diff[7:0] : shifted[7:0];
    wire [7:0] shreg_n = {shreg[6:0], fits};

    always @(posedge clk) begin
        if (rst) begin
            busy      <= 1'b0;
            done      <= 1'b0;
            quotient  <= 8'h00;
            remainder <= 8'h00;
            div_zero  <= 1'b0;
            den       <= 8'h00;
            rem       <= 8'h00;
            shreg     <= 8'h00;
            step      <= 3'd0;
        end else begin
            done <= 1'b0;
            if (busy) begin
                rem   <= rem_n;
                shreg <= shreg_n;
                step  <= step + 3'd1;
                if (step == 3'd7) begin
                    busy      <= 1'b0;
                    done      <= 1'b1;
                    quotient  <= shreg_n;
                    remainder <= rem_n;
                    div_zero  <= 1'b0;
                end
            end else if (start) begin
                if (divisor == 8'h00) begin
                    done      <= 1'b1;
                    quotient  <= 8'hff;
                    remainder <= dividend;
                    div_zero  <= 1'b1;
                end else begin
                    busy  <= 1'b1;
                    den   <= divisor;
                    rem   <= 8'h00;
                    shreg <= dividend;
                    step  <= 3'd0;
                end
            end
        end
    end
endmodule
