// Branch unit: condition, target, return address.
module branch_unit_rv (
    input  wire [1:0]  kind,
    input  wire [2:0]  funct3,
    input  wire [7:0]  rs1,
    input  wire [7:0]  rs2,
    input  wire [15:0] pc,
    input  wire [15:0] imm,
    output wire        taken,
    output wire [15:0] next_pc,
    output wire [15:0] link,
    output wire        misaligned,
    output wire        illegal
);
    wire is_branch = (kind == 2'd1);
    wire is_jal    = (kind == 2'd2);
    wire is_jalr   = (kind == 2'd3);

    assign illegal = (is_branch & (funct3[2:1] == 2'b01)) | (is_jalr & (funct3 != 3'b000));

    wire equal = (rs1 == rs2);
    wire less  = funct3[1] ? (rs1 < rs2) : ($signed(rs1) < $signed(rs2));
    wire holds = (funct3[2] ? less : equal) ^ funct3[0];

    assign taken = ~illegal & (is_jal | is_jalr | (is_branch & holds));

    wire [15:0] base     = is_jalr ? {8'h00, rs1} : pc;
    wire [15:0] sum      = base + imm;
    wire [15:0] target   = {sum[15:1], sum[0] & ~is_jalr};
    wire [15:0] pc_plus4 = pc + 16'd4;

    assign next_pc    = taken ? target : pc_plus4;
    assign misaligned = taken & (next_pc[1:0] != 2'b00);
    assign link       = (taken & ~is_branch) ? pc_plus4 : 16'h0000;
endmodule
