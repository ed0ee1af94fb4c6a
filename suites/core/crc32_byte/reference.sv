module crc32_byte (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire        valid,
    input  wire [7:0]  data,
    output wire [31:0] fcs,
    output reg         good
);
    function [31:0] crc_byte(input [31:0] c, input [7:0] b);
        integer k;
        begin
            crc_byte = c ^ {24'h000000, b};
            for (k = 0; k < 8; k = k + 1)
                crc_byte = crc_byte[0] ? ((crc_byte >> 1) ^ 32'hEDB88320) : (crc_byte >> 1);
        end
    endfunction

    reg  [31:0] c;
    wire [31:0] base = start ? 32'hFFFFFFFF : c;
    wire [31:0] next = crc_byte(base, data);

    assign fcs = ~c;

    always @(posedge clk) begin
        if (rst) begin
            c    <= 32'hFFFFFFFF;
            good <= 1'b0;
        end else if (valid) begin
            c    <= next;
            good <= (next[3:0] == 4'hE);
        end else if (start) begin
            c    <= 32'hFFFFFFFF;
            good <= 1'b0;
        end
    end
endmodule
