// Window watchdog with bark and bite.
module watchdog_timer (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       en,
    input  wire       kick,
    output reg  [3:0] count,
    output wire       window,
    output reg        bark,
    output reg        bite,
    output reg        early
);
    localparam [3:0] WINDOW_OPENS = 4'd4;
    localparam [3:0] BARK_AT      = 4'd10;
    localparam [3:0] BITE_LAST    = 4'd5;

    assign window = ~bite & (count >= WINDOW_OPENS);

    wire [3:0] count_up = count + 4'd1;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            count <= 4'd0;
            bark  <= 1'b0;
            bite  <= 1'b0;
            early <= 1'b0;
        end else if (bite) begin
            count <= count_up;
            if (count == BITE_LAST) begin
                count <= 4'd0;
                bark  <= 1'b0;
                bite  <= 1'b0;
                early <= 1'b0;
            end
        end else if (kick) begin
            count <= 4'd0;
            if (window) begin
                bark  <= 1'b0;
                early <= 1'b0;
            end else begin
                bark  <= 1'b1;
                early <= 1'b1;
                bite  <= bark;
            end
        end else if (en) begin
            count <= count_up;              // 15 is followed by 0
            if (count == 4'd15)
                bite <= 1'b1;
            if (count_up == BARK_AT)
                bark <= 1'b1;
        end
    end
endmodule
