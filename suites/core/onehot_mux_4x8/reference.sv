// One-hot multiplexer with defined results for all values of sel.
module onehot_mux_4x8 (
    input  wire [7:0] d0,
    input  wire [7:0] d1,
    input  wire [7:0] d2,
    input  wire [7:0] d3,
    input  wire [3:0] sel,
    output reg  [7:0] y,
    output wire       err,
    output reg  [1:0] err_kind
);
    always @* begin
        case (sel)
            4'b0000: begin y = 8'h00;   err_kind = 2'd1; end
            4'b0001: begin y = d0;      err_kind = 2'd0; end
            4'b0010: begin y = d1;      err_kind = 2'd0; end
            4'b0100: begin y = d2;      err_kind = 2'd0; end
            4'b1000: begin y = d3;      err_kind = 2'd0; end
            4'b0011: begin y = d0 & d1; err_kind = 2'd2; end
            4'b0101: begin y = d0 & d2; err_kind = 2'd2; end
            4'b1001: begin y = d0 & d3; err_kind = 2'd2; end
            4'b0110: begin y = d1 & d2; err_kind = 2'd2; end
            4'b1010: begin y = d1 & d3; err_kind = 2'd2; end
            4'b1100: begin y = d2 & d3; err_kind = 2'd2; end
            default: begin y = 8'hFF;   err_kind = 2'd3; end
        endcase
    end

    assign err = (err_kind != 2'd0);
endmodule
