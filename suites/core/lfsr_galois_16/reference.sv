module lfsr_galois_16 (
    input  wire        clk,
    input  wire        rst,
    input  wire        load,
    input  wire        step,
    input  wire [15:0] seed,
    output reg  [15:0] state,
    output wire        bit_out,
    output reg         wrapped
);
    localparam [15:0] TAPS  = 16'hB400;
    localparam [15:0] START = 16'hACE1;

    reg  [15:0] first;
    wire [15:0] shifted = {1'b0, state[15:1]} ^ (state[0] ? TAPS : 16'h0000);
    wire [15:0] loaded  = (seed == 16'h0000) ? START : seed;

    assign bit_out = state[0];

    always @(posedge clk) begin
        if (rst) begin
            state   <= START;
            first   <= START;
            wrapped <= 1'b0;
        end else if (load) begin
            state   <= loaded;
            first   <= loaded;
            wrapped <= 1'b0;
        end else if (step) begin
            state   <= shifted;
            wrapped <= (shifted[7:0] == first[7:0]);
        end else begin
            wrapped <= 1'b0;
        end
    end
endmodule
