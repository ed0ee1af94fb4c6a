// Priority arbiter, bit 3 first; a lock protects an owner that still requests.
module fixed_arbiter_lock (
    input  wire       clk,
    input  wire       rst_n,
    input  wire [3:0] req,
    input  wire       lock,
    output reg  [3:0] gnt,
    output reg        preempt,
    output wire       waiting
);
    wire owner_req = |(gnt & req);
    wire hold      = owner_req & lock;

    reg [3:0] best;
    always @(*) begin
        if (req[3])      best = 4'b1000;
        else if (req[2]) best = 4'b0100;
        else if (req[1]) best = 4'b0010;
        else if (req[0]) best = 4'b0001;
        else             best = 4'b0000;
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            gnt     <= 4'b0000;
            preempt <= 1'b0;
        end else begin
            if (!hold)
                gnt <= best;
            preempt <= owner_req & ~lock & (best != gnt);
        end
    end

    assign waiting = |(req & ~gnt);
endmodule
