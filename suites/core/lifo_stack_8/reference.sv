// Stack of eight bytes with push, pop, peek and exchange.
module lifo_stack_8 (
    input  wire       clk,
    input  wire       rst,
    input  wire       push,
    input  wire       pop,
    input  wire       peek,
    input  wire [7:0] din,
    output reg  [7:0] dout,
    output reg  [3:0] depth,
    output wire       empty,
    output wire       full,
    output reg        err
);
    reg [7:0] mem [0:7];

    assign empty = (depth == 4'd0);
    assign full  = (depth == 4'd8);

    wire       read     = pop | peek;
    wire       exchange = push & pop & ~empty;
    wire       add      = push & ~exchange & ~full;
    wire       remove   = pop & ~push & ~empty;
    wire [2:0] top      = depth[2:0] - 3'd1;     // index of the top byte; 7 when full
    wire [2:0] waddr    = exchange ? top : depth[2:0];

    always @(posedge clk) begin
        if (!rst && (exchange || add))
            mem[waddr] <= din;
    end

    always @(posedge clk) begin
        if (rst) begin
            depth <= 4'd0;
            dout  <= 8'd0;
            err   <= 1'b0;
        end else begin
            if (read && !empty)
                dout <= mem[top];
            if (add)
                depth <= depth + 4'd1;
            else if (remove)
                depth <= depth - 4'd1;
            err <= (read & empty) | (push & ~pop & full);
        end
    end
endmodule
