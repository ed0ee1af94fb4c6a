// Accumulator processor without memory: one instruction per step.
module acc_cpu_8op (
    input  wire       clk,
    input  wire       rst_n,
    input  wire       step,
    input  wire [7:0] instr,
    input  wire       resume,
    output reg  [4:0] pc,
    output reg  [7:0] acc,
    output reg        z,
    output reg        c,
    output reg        halted,
    output reg        illegal
);
    wire [4:0] k       = instr[4:0];
    wire [4:0] pc_next = pc + 5'd1;

    // result of the instruction
    reg [7:0] acc_d;
    reg       c_d;
    reg       writes;      // the accumulator and z are written
    reg       jumps;
    reg       is_halt;
    reg       is_illegal;

    always @(*) begin
        acc_d      = acc;
        c_d        = c;
        writes     = 1'b0;
        jumps      = 1'b0;
        is_halt    = 1'b0;
        is_illegal = 1'b0;
        case (instr[7:5])
            3'b000: begin
                acc_d  = {3'b000, k};
                writes = 1'b1;
            end
            3'b001: begin
                {c_d, acc_d} = {1'b0, acc} + {4'b0000, k};
                writes       = 1'b1;
            end
            3'b010: begin
                {c_d, acc_d} = {1'b0, acc} - {4'b0000, k};
                writes       = 1'b1;
            end
            3'b011: begin
                acc_d  = acc ^ {3'b000, k};
                c_d    = 1'b0;
                writes = 1'b1;
            end
            3'b100: jumps = 1'b1;
            3'b101: jumps = z;
            3'b110: jumps = c;
            default: begin
                case (k[4:3])
                    2'b00: begin
                        {c_d, acc_d} = {acc, 1'b0};
                        writes       = 1'b1;
                    end
                    2'b01: begin
                        {acc_d, c_d} = {1'b0, acc};
                        writes       = 1'b1;
                    end
                    default: begin
                        is_halt    = k[3] & k[2];
                        is_illegal = ~is_halt;
                    end
                endcase
            end
        endcase
    end

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            pc      <= 5'd0;
            acc     <= 8'h00;
            z       <= 1'b1;
            c       <= 1'b0;
            halted  <= 1'b0;
            illegal <= 1'b0;
        end else begin
            illegal <= 1'b0;
            if (halted) begin
                if (resume) begin
                    halted <= 1'b0;
                    pc     <= pc_next;
                end
            end else if (step) begin
                illegal <= is_illegal;
                halted  <= is_halt;
                acc     <= acc_d;
                c       <= c_d;
                if (writes)
                    z <= (acc_d == 8'h00);
                if (jumps)
                    pc <= k;
                else if (!is_halt)
                    pc <= pc_next;
            end
        end
    end
endmodule
