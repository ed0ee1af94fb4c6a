// Packs a byte stream into 32-bit words; a last byte flushes a partial word.
module width_conv_8to32 (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_last,
    output reg         m_valid,
    input  wire        m_ready,
    output reg  [31:0] m_data,
    output reg  [3:0]  m_keep,
    output reg         m_last
);
    reg [23:0] held;        // collected bytes, the unused ones are 0
    reg [1:0]  cnt;

    wire completing = s_last | (cnt == 2'd3);
    assign s_ready  = ~m_valid | m_ready | ~completing;
    wire enter      = s_valid & s_ready;

    reg [31:0] word;
    reg [3:0]  keep;
    always @(*) begin
        case (cnt)
            2'd0:    begin word = {24'd0, s_data};             keep = 4'b0001; end
            2'd1:    begin word = {16'd0, s_data, held[7:0]};  keep = 4'b0011; end
            2'd2:    begin word = {8'd0, s_data, held[15:0]};  keep = 4'b0111; end
            default: begin word = {s_data, held[23:0]};        keep = 4'b1111; end
        endcase
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            held    <= 24'd0;
            cnt     <= 2'd0;
            m_valid <= 1'b0;
            m_data  <= 32'd0;
            m_keep  <= 4'd0;
            m_last  <= 1'b0;
        end else begin
            if (m_ready)
                m_valid <= 1'b0;
            if (enter && completing) begin
                m_valid <= 1'b1;
                m_data  <= word;
                m_keep  <= keep;
                m_last  <= s_last;
                held    <= 24'd0;
                cnt     <= 2'd0;
            end else if (enter) begin
                held <= word[23:0];
                cnt  <= cnt + 2'd1;
            end
        end
    end
endmodule
