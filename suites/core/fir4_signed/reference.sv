// Four-tap FIR filter, loadable coefficients, saturation to 8 bits.
module fir4_signed (
    input  wire       clk,
    input  wire       rst,
    input  wire       cload,
    input  wire [1:0] caddr,
    input  wire [3:0] cdata,
    input  wire       in_valid,
    input  wire [7:0] x,
    output reg        out_valid,
    output reg  [7:0] y,
    output reg        sat
);
    reg signed [3:0] c0, c1, c2, c3;
    reg signed [7:0] x1, x2, x3;

    wire signed [7:0]  x0 = x;
    wire signed [11:0] p0 = c0 * x0;
    wire signed [11:0] p1 = c1 * x1;
    wire signed [11:0] p2 = c2 * x2;
    wire signed [11:0] p3 = c3 * x3;

    wire [13:0] sum = {{2{p0[11]}}, p0} + {{2{p1[11]}}, p1} + {{2{p2[11]}}, p2} + {{2{p3[11]}}, p3};
    wire [11:0] scaled = sum[13:2];

    // it fits into 8 bits if all upper bits are copies of the sign
    wire fits = (scaled[11:7] == 5'b00000) | (scaled[11:7] == 5'b11111);

    always @(posedge clk) begin
        if (rst) begin
            out_valid <= 1'b0;
            y         <= 8'h00;
            sat       <= 1'b0;
            x1        <= 8'sd0;
            x2        <= 8'sd0;
            x3        <= 8'sd0;
            c0        <= 4'sd2;
            c1        <= 4'sd2;
            c2        <= 4'sd2;
            c3        <= 4'sd2;
        end else begin
            out_valid <= in_valid;
            if (in_valid) begin
                x1  <= x0;
                x2  <= x1;
                x3  <= x2;
                y   <= fits ? scaled[7:0] : (scaled[11] ? 8'h80 : 8'h7F);
                sat <= ~fits;
            end
            if (cload) begin
                case (caddr)
                    2'd0:    c0 <= cdata;
                    2'd1:    c1 <= cdata;
                    2'd2:    c2 <= cdata;
                    default: c3 <= cdata;
                endcase
            end
        end
    end
endmodule
