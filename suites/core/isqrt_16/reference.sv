// Square root, one result bit per cycle, two radicand bits at a time.
module isqrt_16 (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire        round,
    input  wire [15:0] x,
    output reg         busy,
    output reg         done,
    output reg  [8:0]  root,
    output reg  [8:0]  rem
);
    reg        nearest;     // sampled round
    reg [15:0] rad;         // radicand bits that are still to come, on the left
    reg [7:0]  part;        // result bits so far
    reg [8:0]  left;        // what is left of the radicand so far
    reg [2:0]  step;

    // left is at most 2 * part, and part has at most 7 bits before the last step
    wire [9:0] widened = {left[7:0], rad[15:14]};
    wire [9:0] trial   = {part, 2'b01};
    wire       fits    = (widened >= trial);
    wire [9:0] diff    = widened - trial;
    wire [8:0] left_n  = fits ? diff[8:0] : widened[8:0];
    wire [7:0] part_n  = {part[6:0], fits};
    wire       up      = nearest & (left_n > {1'b0, part_n});

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            busy    <= 1'b0;
            done    <= 1'b0;
            root    <= 9'd0;
            rem     <= 9'd0;
            nearest <= 1'b0;
            rad     <= 16'h0000;
            part    <= 8'h00;
            left    <= 9'd0;
            step    <= 3'd0;
        end else if (busy) begin
            rad  <= {rad[13:0], 2'b00};
            part <= part_n;
            left <= left_n;
            step <= step + 3'd1;
            if (step == 3'd7) begin
                busy <= 1'b0;
                done <= 1'b1;
                root <= {1'b0, part_n} + {8'd0, up};
                rem  <= left_n;
            end
        end else if (start) begin
            busy    <= 1'b1;
            done    <= 1'b0;
            nearest <= round;
            rad     <= x;
            part    <= 8'h00;
            left    <= 9'd0;
            step    <= 3'd0;
        end
    end
endmodule
