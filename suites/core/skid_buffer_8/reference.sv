// Two-word valid/ready buffer, all outputs from registers.
module skid_buffer_8 (
    input  wire       clk,
    input  wire       rst,
    input  wire       s_valid,
    output wire       s_ready,
    input  wire [7:0] s_data,
    output wire       m_valid,
    input  wire       m_ready,
    output wire [7:0] m_data
);
    reg [7:0] head;     // oldest word
    reg [7:0] skid;     // second word
    reg [1:0] level;

    assign s_ready = (level != 2'd2);
    assign m_valid = (level != 2'd0);
    assign m_data  = m_valid ? head : 8'bxxxxxxxx;

    wire enter = s_valid & s_ready;
    wire leave = m_valid & m_ready;

    always @(posedge clk) begin
        if (rst) begin
            level <= 2'd0;
            head  <= 8'h00;
            skid  <= 8'h00;
        end else begin
            case ({enter, leave})
                2'b10:   level <= level + 2'd1;
                2'b01:   level <= level - 2'd1;
                default: level <= level;
            endcase

            if (level == 2'd2) begin
                if (leave)
                    head <= skid;
            end else if (enter) begin
                if (level == 2'd0 || leave)
                    head <= s_data;
                else
                    skid <= s_data;
            end
        end
    end
endmodule
