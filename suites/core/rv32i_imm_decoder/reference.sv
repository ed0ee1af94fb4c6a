// Immediate decoder for RV32I, with a check for illegal instructions.
module rv32i_imm_decoder (
    input  wire [6:0]  opcode,
    input  wire [4:0]  rd,
    input  wire [2:0]  funct3,
    input  wire [4:0]  rs1,
    input  wire [4:0]  rs2,
    input  wire [6:0]  funct7,
    output reg  [31:0] imm,
    output reg  [2:0]  fmt,
    output reg         illegal
);
    wire sign = funct7[6];

    wire [31:0] imm_i = {{20{sign}}, funct7, rs2};
    wire [31:0] imm_s = {{20{sign}}, funct7, rd};
    wire [31:0] imm_b = {{20{sign}}, rd[0], funct7[5:0], rd[4:1], 1'b0};
    wire [31:0] imm_u = {funct7, rs2, rs1, funct3, 12'h000};
    wire [31:0] imm_j = {{12{sign}}, rs1, funct3, rs2[0], funct7[5:0], rs2[4:1], 1'b0};

    wire f7_zero = (funct7 == 7'b0000000);
    wire f7_alt  = (funct7 == 7'b0100000);

    always @(*) begin
        imm     = 32'h0000_0000;
        fmt     = 3'd0;
        illegal = 1'b0;
        case (opcode)
            7'b0110011: begin
                fmt     = 3'd0;
                illegal = ~(f7_zero | (f7_alt & (funct3 == 3'b000 || funct3 == 3'b101)));
            end
            7'b0010011: begin
                fmt = 3'd1;
                imm = imm_i;
                if (funct3 == 3'b001) begin
                    imm     = {27'd0, rs2};
                    illegal = ~f7_zero;
                end else if (funct3 == 3'b101) begin
                    imm     = {27'd0, rs2};
                    illegal = ~(f7_zero | f7_alt);
                end
            end
            7'b0000011: begin
                fmt     = 3'd1;
                imm     = imm_i;
                illegal = (funct3 == 3'b011) | (funct3 == 3'b110) | (funct3 == 3'b111);
            end
            7'b1100111: begin
                fmt     = 3'd1;
                imm     = imm_i;
                illegal = (funct3 != 3'b000);
            end
            7'b0100011: begin
                fmt     = 3'd2;
                imm     = imm_s;
                illegal = (funct3 > 3'b010);
            end
            7'b1100011: begin
                fmt     = 3'd3;
                imm     = imm_b;
                illegal = (funct3 == 3'b010) | (funct3 == 3'b011);
            end
            7'b0110111, 7'b0010111: begin
                fmt = 3'd4;
                imm = imm_u;
            end
            7'b1101111: begin
                fmt = 3'd5;
                imm = imm_j;
            end
            default: illegal = 1'b1;
        endcase
        if (illegal) begin
            imm = 32'h0000_0000;
            fmt = 3'd7;
        end
    end
endmodule
