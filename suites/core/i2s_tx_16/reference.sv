// I2S transmitter: 64 steps a frame, data one slot behind word select.
module i2s_tx_16 (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        en,
    input  wire [15:0] left,
    input  wire [15:0] right,
    input  wire        swap,
    input  wire        mute,
    output wire        bclk,
    output wire        ws,
    output reg         sd,
    output wire        req
);
    reg [5:0]  pos;
    reg [30:0] rest;       // bits still to be sent

    wire [31:0] pair = mute ? 32'd0 :
                       swap ? {right, left} : {left, right};

    assign bclk = pos[0];
    assign ws   = pos[5];
    assign req  = (pos == 6'd1);

    always @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            pos  <= 6'd0;
            rest <= 31'd0;
            sd   <= 1'b0;
        end else if (en) begin
            pos <= pos + 6'd1;
            if (req)
                {sd, rest} <= pair;
            else if (bclk)
                {sd, rest} <= {rest, 1'b0};
        end
    end
endmodule
