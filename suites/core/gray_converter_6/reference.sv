// Binary to Gray (mode 0) and Gray to binary (mode 1).
module gray_converter_6 (
    input  wire       mode,
    input  wire [5:0] din,
    output wire [5:0] dout,
    output wire       parity,
    output wire [5:0] next_gray
);
    wire [5:0] to_gray = din ^ {1'b0, din[5:1]};
    wire [5:0] to_bin  = {din[5], ^din[5:4], ^din[5:3], ^din[5:2], ^din[5:1], ^din};

    wire [5:0] gray = mode ? din    : to_gray;
    wire [5:0] bin  = mode ? to_bin : din;
    wire [5:0] succ = bin + 6'd1;

    assign dout      = mode ? to_bin : to_gray;
    assign parity    = ^gray;
    assign next_gray = succ ^ {1'b0, succ[5:1]};
endmodule
