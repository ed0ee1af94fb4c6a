// Traffic light controller: six phases and a cycle counter within the phase.
module traffic_ctrl (
    input  wire       clk,
    input  wire       rst,
    input  wire       car,
    input  wire       ped,
    output reg  [2:0] ns,
    output reg  [2:0] ew,
    output wire       walk,
    output reg        ped_wait
);
    localparam [2:0] NS_GO   = 3'd0,
                     NS_SLOW = 3'd1,
                     STOP    = 3'd2,
                     WALK    = 3'd3,
                     EW_GO   = 3'd4,
                     EW_SLOW = 3'd5;

    localparam [2:0] RED = 3'b100, YELLOW = 3'b010, GREEN = 3'b001;

    reg [2:0] phase;
    reg [2:0] phase_next;
    reg [2:0] t;            // 0 in the first cycle of a phase, stays at 4

    always @(*) begin
        phase_next = phase;
        case (phase)
            NS_GO:   if (t >= 3'd4 && (car || ped_wait))            phase_next = NS_SLOW;
            NS_SLOW: if (t == 3'd1)                                 phase_next = STOP;
            STOP:    phase_next = ped_wait ? WALK : EW_GO;
            WALK:    if (t == 3'd3)                                 phase_next = EW_GO;
            EW_GO:   if ((t >= 3'd2 && !car) || t == 3'd4)          phase_next = EW_SLOW;
            EW_SLOW: if (t == 3'd1)                                 phase_next = NS_GO;
            default: phase_next = NS_GO;
        endcase
    end

    always @(posedge clk) begin
        if (rst) begin
            phase    <= NS_GO;
            t        <= 3'd0;
            ped_wait <= 1'b0;
        end else begin
            phase <= phase_next;
            if (phase_next != phase)
                t <= 3'd0;
            else if (t != 3'd4)
                t <= t + 3'd1;
            if (phase == STOP && ped_wait)
                ped_wait <= 1'b0;
            else if (ped && phase != WALK)
                ped_wait <= 1'b1;
        end
    end

    always @(*) begin
        ns = RED;
        ew = RED;
        case (phase)
            NS_GO:   ns = GREEN;
            NS_SLOW: ns = YELLOW;
            EW_GO:   ew = GREEN;
            EW_SLOW: ew = YELLOW;
            default: ;
        endcase
    end

    assign walk = (phase == WALK);
endmodule
