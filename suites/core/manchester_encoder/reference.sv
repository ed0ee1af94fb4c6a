// Manchester encoder: 16 half-bit cycles for each byte, most significant bit first.
module manchester_encoder (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] data,
    input  wire       valid,
    output wire       ready,
    output reg        line,
    output reg        active
);
    reg [3:0] half;      // number of the half-bit cycle, 0..15
    reg [7:0] shift;     // the bit on the line is shift[7]

    assign ready = ~active | (half == 4'd15);

    always @(posedge clk) begin
        if (rst) begin
            active <= 1'b0;
            line   <= 1'b0;
            half   <= 4'd0;
            shift  <= 8'd0;
        end else if (ready) begin
            half   <= 4'd0;
            active <= valid;
            if (valid) begin
                shift <= data;
                line  <= ~data[7];
            end else begin
                line  <= 1'b0;
            end
        end else begin
            half <= half + 4'd1;
            if (half[0]) begin
                // the second half of a bit ends: on to the next bit
                shift <= {shift[6:0], 1'b0};
                line  <= ~shift[6];
            end else begin
                line  <= shift[7];
            end
        end
    end
endmodule
