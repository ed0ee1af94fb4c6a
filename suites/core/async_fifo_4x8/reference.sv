// Asynchronous FIFO, four words, Gray pointers through two flip-flops each way.
module async_fifo_4x8 (
    input  wire       wclk,
    /* verilator lint_off SYNCASYNCNET */
    input  wire       wrst_n,
    /* verilator lint_on SYNCASYNCNET */
    input  wire       winc,
    input  wire [7:0] wdata,
    output wire       wfull,
    input  wire       rclk,
    input  wire       rrst_n,
    input  wire       rinc,
    output reg  [7:0] rdata,
    output wire       rempty
);
    reg [7:0] mem [0:3];

    reg [2:0] wptr, rptr;
    reg [2:0] rgray_w1, rgray_w2;   // read pointer on the write side
    reg [2:0] wgray_r1, wgray_r2;   // write pointer on the read side

    wire [2:0] wgray = wptr ^ {1'b0, wptr[2:1]};
    wire [2:0] rgray = rptr ^ {1'b0, rptr[2:1]};

    // a distance of four inverts the two upper bits of the Gray code
    assign wfull  = (wgray == {~rgray_w2[2:1], rgray_w2[0]});
    assign rempty = (rgray == wgray_r2);

    wire push = winc & ~wfull;
    wire pop  = rinc & ~rempty;

    always @(posedge wclk or negedge wrst_n) begin
        if (!wrst_n) begin
            wptr     <= 3'd0;
            rgray_w1 <= 3'd0;
            rgray_w2 <= 3'd0;
        end else begin
            rgray_w1 <= rgray;
            rgray_w2 <= rgray_w1;
            if (push)
                wptr <= wptr + 3'd1;
        end
    end

    // the memory is not reset, but nothing is stored while the reset is active
    always @(posedge wclk) begin
        if (wrst_n && push)
            mem[wptr[1:0]] <= wdata;
    end

    always @(posedge rclk or negedge rrst_n) begin
        if (!rrst_n) begin
            rptr     <= 3'd0;
            wgray_r1 <= 3'd0;
            wgray_r2 <= 3'd0;
            rdata    <= 8'h00;
        end else begin
            wgray_r1 <= wgray;
            wgray_r2 <= wgray_r1;
            if (pop) begin
                rptr  <= rptr + 3'd1;
                rdata <= mem[rptr[1:0]];
            end
        end
    end
endmodule
