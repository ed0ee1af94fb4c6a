// First-word fall-through FIFO, 4 words of 8 bits.
module fifo_fwft_4x8 (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       wr_valid,
    input  wire [7:0] wr_data,
    output wire       wr_ready,
    output wire       rd_valid,
    output wire [7:0] rd_data,
    input  wire       rd_ready,
    output wire [2:0] level
);
    reg [7:0] mem [0:3];
    reg [2:0] wp;           // one bit more than the address
    reg [2:0] rp;

    assign level    = wp - rp;
    assign wr_ready = (level != 3'd4);
    assign rd_valid = (level != 3'd0);
    assign rd_data  = rd_valid ? mem[rp[1:0]] : 8'h00;

    always @(posedge clk) begin
        if (wr_valid && wr_ready)
            mem[wp[1:0]] <= wr_data;
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            wp <= 3'd0;
            rp <= 3'd0;
        end else begin
            if (wr_valid && wr_ready)
                wp <= wp + 3'd1;
            if (rd_valid && rd_ready)
                rp <= rp + 3'd1;
        end
    end
endmodule
