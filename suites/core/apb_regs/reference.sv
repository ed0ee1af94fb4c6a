// APB slave: CTRL, DATA, STATUS (read only), FLAGS (write 1 to clear); one wait state.
module apb_regs (
    input  wire       pclk,
    input  wire       presetn,
    input  wire       psel,
    input  wire       penable,
    input  wire       pwrite,
    input  wire [3:0] paddr,
    input  wire [7:0] pwdata,
    output reg        pready,
    output reg        pslverr,
    output reg  [7:0] prdata,
    input  wire [7:0] status,
    input  wire [3:0] event_in,
    output reg  [7:0] ctrl,
    output wire       irq
);
    localparam [1:0] IDLE = 2'd0, WAIT = 2'd1, RESPOND = 2'd2;

    reg [1:0] state;
    reg [7:0] data;
    reg [3:0] flags;

    wire access = (state == WAIT) & psel & penable;

    // address decoding
    reg       bad;
    reg [7:0] value;
    always @(*) begin
        bad   = 1'b0;
        value = 8'h00;
        case (paddr)
            4'h0:    value = ctrl;
            4'h4:    value = data;
            4'h8:    begin value = status; bad = pwrite; end
            4'hC:    value = {4'b0000, flags};
            default: bad = 1'b1;
        endcase
    end

    wire       write = access & pwrite & ~bad;
    wire [3:0] clear = pwdata[3:0] & {4{write & (paddr == 4'hC)}};

    always @(posedge pclk or negedge presetn) begin
        if (!presetn) begin
            state   <= IDLE;
            pready  <= 1'b0;
            pslverr <= 1'b0;
            prdata  <= 8'h00;
            ctrl    <= 8'h00;
            data    <= 8'h00;
            flags   <= 4'h0;
        end else begin
            case (state)
                IDLE:    state <= psel ? WAIT : IDLE;
                WAIT:    state <= !psel ? IDLE : penable ? RESPOND : WAIT;
                default: state <= IDLE;
            endcase

            pready  <= access;
            pslverr <= access & bad;
            prdata  <= (access && !pwrite && !bad) ? value : 8'h00;

            if (write && paddr == 4'h0) ctrl <= pwdata;
            if (write && paddr == 4'h4) data <= pwdata;
            flags <= (flags & ~clear) | event_in;
        end
    end

    assign irq = |(flags & ctrl[3:0]);
endmodule
