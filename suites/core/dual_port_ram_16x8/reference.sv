// Dual-port RAM: own writes are visible at once, the other port reads old data, port A wins.
module dual_port_ram_16x8 (
    input  wire       clk,
    input  wire       we_a,
    input  wire [3:0] addr_a,
    input  wire [7:0] din_a,
    output reg  [7:0] dout_a,
    input  wire       we_b,
    input  wire [3:0] addr_b,
    input  wire [7:0] din_b,
    output reg  [7:0] dout_b
);
    reg [7:0] mem [0:15];

    wire clash = we_a & we_b & (addr_a == addr_b);

    always @(posedge clk) begin
        if (we_b && !clash)
            mem[addr_b] <= din_b;
        if (we_a)
            mem[addr_a] <= din_a;
        dout_a <= we_a ? din_a : mem[addr_a];
        dout_b <= we_b ? din_b : mem[addr_b];
    end
endmodule
