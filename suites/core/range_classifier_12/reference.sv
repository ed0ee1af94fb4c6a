module range_classifier_12 (
    input  wire signed [11:0] x,
    input  wire signed [11:0] lo,
    input  wire signed [11:0] hi,
    output wire        in_range,
    output wire        bad_range,
    output wire [11:0] clamped,
    output reg  [1:0]  zone
);
    assign bad_range = lo > hi;
    assign in_range    = !bad_range && (x >= lo) && (x <= hi);
    assign clamped   = bad_range ? x : (x < lo) ? lo : (x > hi) ? hi : x;

    always @* begin
        if (x == -12'sd2048)      zone = 2'd3;
        else if (x < 12'sd0)      zone = 2'd2;
        else if (x < 12'sd256)    zone = 2'd0;
        else                      zone = 2'd1;
    end
endmodule
