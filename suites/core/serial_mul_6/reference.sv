module serial_mul_6 (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire [5:0]  x,
    input  wire [5:0]  y,
    output reg  [11:0] product,
    output reg         ready,
    output reg         done
);
    reg [11:0] acc;
    reg [5:0]  mult;
    reg [11:0] addend;
    reg [2:0]  steps;

    wire [11:0] sum = mult[0] ? acc + addend : acc;

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            product <= 12'd0;
            ready   <= 1'b1;
            done    <= 1'b0;
            acc     <= 12'd0;
            mult    <= 6'd0;
            addend  <= 12'd0;
            steps   <= 3'd0;
        end else begin
            done <= 1'b0;
            if (ready) begin
                if (start) begin
                    acc    <= 12'd0;
                    mult   <= y;
                    addend <= {6'd0, x};
                    steps  <= 3'd5;
                    ready  <= 1'b0;
                end
            end else begin
                acc    <= sum;
                mult   <= mult >> 1;
                addend <= addend << 1;
                steps  <= steps - 3'd1;
                if (steps == 3'd0) begin
                    product <= sum;
                    ready   <= 1'b1;
                    done    <= 1'b1;
                end
            end
        end
    end
endmodule
