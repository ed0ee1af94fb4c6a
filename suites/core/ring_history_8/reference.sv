// Circular buffer of eight samples with random read-back and undo.
module ring_history_8 (
    input  wire       clk,
    input  wire       rst,
    input  wire       push,
    input  wire       undo,
    input  wire [7:0] sample,
    input  wire [2:0] k,
    output wire [7:0] past,
    output wire       known,
    output reg  [3:0] count
);
    reg [7:0] mem [0:7];
    reg [2:0] wp;                                // where the next sample goes

    wire       some    = (count != 4'd0);
    wire       replace = push & undo & some;
    wire       add     = push & ~replace;
    wire       remove  = undo & ~push & some;
    wire [2:0] newest  = wp - 3'd1;
    wire [2:0] rd_addr = newest - k;

    always @(posedge clk) begin
        if (!rst) begin
            if (replace)
                mem[newest] <= sample;
            else if (add)
                mem[wp] <= sample;
        end
    end

    always @(posedge clk) begin
        if (rst) begin
            wp    <= 3'd0;
            count <= 4'd0;
        end else if (add) begin
            wp <= wp + 3'd1;
            if (count != 4'd8)
                count <= count + 4'd1;
        end else if (remove) begin
            wp    <= newest;
            count <= count - 4'd1;
        end
    end

    assign known = ({1'b0, k} < count);
    assign past  = known ? mem[rd_addr] : 8'h00;
endmodule
