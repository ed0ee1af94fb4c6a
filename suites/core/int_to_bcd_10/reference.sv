// Shift-and-add-3 conversion of ten bits into four decimal digits.
module int_to_bcd_10 (
    input  wire       clk,
    input  wire       rst,
    input  wire       start,
    input  wire [9:0] bin,
    output reg        busy,
    output reg        done,
    output reg        thousands,
    output reg  [3:0] hundreds,
    output reg  [3:0] tens,
    output reg  [3:0] ones
);
    reg [9:0]  rest;      // bits still to come, the next one on top
    reg        big;       // the number has four digits
    reg [11:0] digits;    // the lower three digits of the bits so far
    reg [3:0]  count;

    function [3:0] adjust;
        input [3:0] d;
        adjust = (d >= 4'd5) ? d + 4'd3 : d;
    endfunction

    // the value so far, doubled, plus the next bit
    wire [3:0]  h = adjust(digits[11:8]);
    wire [11:0] next = {h[2:0], adjust(digits[7:4]), adjust(digits[3:0]), rest[9]};
    wire        ends = busy & (count == 4'd9);

    always @(posedge clk) begin
        if (rst) begin
            busy      <= 1'b0;
            done      <= 1'b0;
            thousands <= 1'b0;
            hundreds  <= 4'd0;
            tens      <= 4'd0;
            ones      <= 4'd0;
            rest      <= 10'd0;
            big       <= 1'b0;
            digits    <= 12'd0;
            count     <= 4'd0;
        end else begin
            done <= ends;
            if (ends) begin
                thousands              <= big;
                {hundreds, tens, ones} <= next;
            end
            if (!busy || ends) begin
                busy   <= start;
                rest   <= bin;
                big    <= (bin >= 10'd1000);
                digits <= 12'd0;
                count  <= 4'd0;
            end else begin
                rest   <= {rest[8:0], 1'b0};
                digits <= next;
                count  <= count + 4'd1;
            end
        end
    end
endmodule
