// Three-digit BCD counter with steps of 1, 10 and 100.
module bcd_counter_3digit (
    input  wire        clk,
    input  wire        rst_n,
    input  wire [2:0]  op,
    input  wire [11:0] d,
    output reg  [11:0] bcd,
    output reg         roll,
    output wire        blank_h,
    output wire        blank_t
);
    wire [3:0] units    = bcd[3:0];
    wire [3:0] tens     = bcd[7:4];
    wire [3:0] hundreds = bcd[11:8];

    wire down = (op == 3'd3) | (op == 3'd7);
    wire [3:0] last = down ? 4'd0 : 4'd9;

    // which digits move
    wire move_u = (op == 3'd3) | (op == 3'd4);
    wire move_t = (op == 3'd5) | (move_u & (units == last));
    wire move_h = (op == 3'd6) | (op == 3'd7) | (move_t & (tens == last));
    wire over   = move_h & (hundreds == last);

    function [3:0] moved;
        input [3:0] digit;
        input       move;
        input       back;
        begin
            if (!move)
                moved = digit;
            else if (back)
                moved = (digit == 4'd0) ? 4'd9 : digit - 4'd1;
            else
                moved = (digit == 4'd9) ? 4'd0 : digit + 4'd1;
        end
    endfunction

    function [3:0] limited;
        input [3:0] digit;
        limited = (digit > 4'd9) ? 4'd9 : digit;
    endfunction

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            bcd  <= 12'h000;
            roll <= 1'b0;
        end else begin
            roll <= over;
            case (op)
                3'd0:    bcd <= bcd;
                3'd1:    bcd <= 12'h000;
                3'd2:    bcd <= {limited(d[11:8]), limited(d[7:4]), limited(d[3:0])};
                default: bcd <= {moved(hundreds, move_h, down), moved(tens, move_t, down), moved(units, move_u, down)};
            endcase
        end
    end

    assign blank_h = (hundreds == 4'd0);
    assign blank_t = blank_h & (tens == 4'd0);
endmodule
